package main

import (
	"strings"
	"testing"
)

// Plain http answers to names of this machine alone, unless somebody says that TLS ends at a proxy here.
func TestWhoEndsTLS(t *testing.T) {
	const here = "127.0.0.1:8080"
	for name, c := range map[string]struct {
		Settings
		trouble string
		overTLS bool
	}{
		"a demonstration":           {Settings{Listen: here, Hosts: []string{"localhost:8080", "[::1]:8080", "127.0.0.1"}}, "", false},
		"a proxy that nobody named": {Settings{Listen: here, Hosts: []string{here, "bh.example.cn"}}, "tls-proxy", false},
		"a proxy":                   {Settings{Listen: here, Hosts: []string{"bh.example.cn"}, TLSProxy: true, TrustedProxies: []string{"127.0.0.1/32"}}, "", true},
		"a proxy of no address":     {Settings{Listen: here, Hosts: []string{"bh.example.cn"}, TLSProxy: true}, "trusted-proxies", false},
		"a proxy of no name":        {Settings{Listen: here, TLSProxy: true, TrustedProxies: []string{"127.0.0.1/32"}}, "hosts", false},
		"a proxy elsewhere": {Settings{Listen: "0.0.0.0:8080", Hosts: []string{"bh.example.cn"}, TLSProxy: true, TrustedProxies: []string{"10.0.0.0/8"}},
			"本机回环", false},
	} {
		e, err := newEdge(&c.Settings)
		switch {
		case c.trouble == "" && err != nil, c.trouble != "" && (err == nil || !strings.Contains(err.Error(), c.trouble)):
			t.Errorf("%s: %v", name, err)
		case err == nil && e.overTLS() != c.overTLS:
			t.Errorf("%s: over TLS: %v", name, e.overTLS())
		}
	}
}

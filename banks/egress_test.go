package banks

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func out(t *testing.T, networks []netip.Prefix, hosts ...string) egress {
	t.Helper()
	e, err := newEgress(hosts, networks, 2*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

var loopbackOnly = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

func TestAddressesOffTheListAreRefused(t *testing.T) {
	e := out(t, loopbackOnly, "bank.example.cn:443", "bank.example.cn:8443", "127.0.0.1:9000")
	for _, good := range []string{
		"https://bank.example.cn", "https://bank.example.cn/", "https://BANK.example.cn:443/baohan",
		"https://bank.example.cn:8443/x/", "http://127.0.0.1:9000",
	} {
		if _, err := e.address(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{
		"", "bank.example.cn", "http://bank.example.cn:443", "https://bank.example.cn:444", "https://bank.example.cn.evil.cn",
		"https://bank.example.cn@evil.cn", "https://user@bank.example.cn", "https://evil.cn#bank.example.cn",
		"https://bank.example.cn?to=x", "https://bank.example.cn#x", "ftp://bank.example.cn", "https:bank.example.cn",
		"http://127.1:9000", "http://2130706433:9000", "http://0x7f000001:9000", "http://[::ffff:127.0.0.1]:9000",
		"http://localhost:9000", "https://127.0.0.1", "file:///etc/passwd", "//bank.example.cn",
	} {
		if u, err := e.address(bad); err == nil {
			t.Errorf("%s was accepted as %s", bad, u)
		}
	}
}

func TestListsThatDoNotReadAreRefused(t *testing.T) {
	for _, bad := range []string{"bank.example.cn", "https://bank.example.cn", ":443", "bank:", "Bank.cn:443"} {
		if _, err := newEgress([]string{bad}, nil, time.Second); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

// The address behind an allow-listed name is judged when it is dialled: a changed DNS answer leads nowhere.
func TestDialledAddresses(t *testing.T) {
	e := out(t, []netip.Prefix{netip.MustParsePrefix("10.20.0.0/16")})
	for _, good := range []string{"203.0.112.5:443", "[2400:3200::1]:443", "8.8.8.8:443", "10.20.3.4:443"} {
		if err := e.control("tcp", good, nil); err != nil {
			t.Errorf("%s is refused", good)
		}
	}
	for _, bad := range []string{
		"127.0.0.1:443", "127.9.9.9:443", "0.0.0.0:443", "10.0.0.1:443", "10.21.0.1:443", "172.16.0.1:443", "192.168.1.1:443",
		"169.254.169.254:80", "100.64.0.1:443", "224.0.0.1:443", "255.255.255.255:443", "192.0.2.1:443", "198.18.0.1:443",
		"198.51.100.1:443", "203.0.113.1:443", "240.0.0.1:443", "[::1]:443", "[::]:443", "[fe80::1%25eth0]:443", "[fc00::1]:443",
		"[ff02::1]:443", "[::ffff:127.0.0.1]:443", "[::ffff:10.0.0.1]:443", "[64:ff9b::7f00:1]:443", "[2002:7f00:1::]:443",
		"[2001::1]:443", "[::7f00:1]:443", "[2001:db8::1]:443", "bank.example.cn:443", "",
	} {
		if err := e.control("tcp", bad, nil); !errors.Is(err, errNotListed) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestNothingIsDialledThatIsNotListed(t *testing.T) {
	hit := false
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hit = true }))
	defer srv.Close()
	for name, e := range map[string]egress{
		"name off the list":            out(t, loopbackOnly, "127.0.0.1:1"),
		"address outside the networks": out(t, nil, strings.TrimPrefix(srv.URL, "http://")),
	} {
		if res, err := e.client.Get(srv.URL); err == nil {
			_ = res.Body.Close()
			t.Errorf("%s: dialled", name)
		} else if !errors.Is(err, errNotListed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if hit {
		t.Error("the server was reached")
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	inside := false
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { inside = true }))
	defer target.Close()
	srv := httptest.NewServer(http.RedirectHandler(target.URL, http.StatusFound))
	defer srv.Close()
	host := func(u string) string { return strings.TrimPrefix(u, "http://") }
	e := out(t, loopbackOnly, host(srv.URL), host(target.URL))
	res, err := e.client.Post(srv.URL, "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	if res.StatusCode != http.StatusFound || inside {
		t.Fatalf("status %d, target reached: %v", res.StatusCode, inside)
	}
}

func TestTheEnvironmentChoosesNoProxy(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:1")
	if tr := out(t, nil).client.Transport.(*http.Transport); tr.Proxy != nil {
		t.Fatal("a proxy is taken from the environment")
	}
}

func TestASlowBankIsNotWaitedForForEver(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // accepts in the kernel and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	e, err := newEgress([]string{l.Addr().String()}, loopbackOnly, 100*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	_, err = e.client.Post("http://"+l.Addr().String(), "application/json", strings.NewReader("{}"))
	if err == nil || unreachable(err) != "机构在时限内没有应答；将自动重发" {
		t.Fatalf("%v", err)
	}
}

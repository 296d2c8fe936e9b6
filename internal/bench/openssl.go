package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
)

// openSSL is what the command-line tool says of its own SM2, per second of processor time.
type openSSL struct {
	version      string
	sign, verify []float64
}

var speedLine = regexp.MustCompile(`SM2 \(CurveSM2\)\s+\S+s\s+\S+s\s+([\d.]+)\s+([\d.]+)`)

// newOpenSSL is nil where there is no openssl, or one without SM2.
func newOpenSSL(ctx context.Context) *openSSL {
	version, err := exec.CommandContext(ctx, "openssl", "version").Output()
	if err != nil {
		return nil
	}
	words := strings.Fields(string(version))
	if len(words) < 2 {
		return nil
	}
	return &openSSL{version: words[0] + " " + words[1]}
}

// measure adds one run of two seconds each for signing and verifying.
func (o *openSSL) measure(ctx context.Context) error {
	said, err := exec.CommandContext(ctx, "openssl", "speed", "-seconds", "2", "sm2").Output()
	if err != nil {
		return fmt.Errorf("openssl speed sm2: %w", err)
	}
	found := speedLine.FindSubmatch(said)
	if found == nil {
		return errors.New("openssl speed sm2: no line for CurveSM2")
	}
	sign, err1 := strconv.ParseFloat(string(found[1]), 64)
	verify, err2 := strconv.ParseFloat(string(found[2]), 64)
	o.sign, o.verify = append(o.sign, sign), append(o.verify, verify)
	return errors.Join(err1, err2)
}

package signing_test

import (
	"bytes"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"baohan/signing"
)

// The third implementation. It needs the identity said each time: its own default is empty.
const distid = "distid:1234567812345678"

type openssl struct {
	t   *testing.T
	dir string
}

func newOpenSSL(t *testing.T) openssl {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not installed: the cross-check against a third implementation did not run (apt-get install openssl)")
	}
	o := openssl{t, t.TempDir()}
	if out, err := o.run("version"); err != nil || !regexp.MustCompile(`^OpenSSL [3-9]\.`).MatchString(out) {
		t.Skipf("the cross-check needs OpenSSL 3, this is %q", strings.TrimSpace(out))
	}
	return o
}

func (o openssl) run(args ...string) (string, error) {
	cmd := exec.Command("openssl", args...)
	cmd.Dir = o.dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (o openssl) must(args ...string) string {
	o.t.Helper()
	out, err := o.run(args...)
	if err != nil {
		o.t.Fatalf("openssl %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

func (o openssl) refuses(args ...string) {
	o.t.Helper()
	if out, err := o.run(args...); err == nil {
		o.t.Errorf("openssl %s succeeded:\n%s", strings.Join(args, " "), out)
	}
}

func (o openssl) write(name string, content []byte) {
	o.t.Helper()
	if err := os.WriteFile(filepath.Join(o.dir, name), content, 0o600); err != nil {
		o.t.Fatal(err)
	}
}

func (o openssl) read(name string) []byte {
	o.t.Helper()
	b, err := os.ReadFile(filepath.Join(o.dir, name))
	if err != nil {
		o.t.Fatal(err)
	}
	return b
}

func (o openssl) writeKey(k *signing.PrivateKey) {
	o.t.Helper()
	text, err := signing.EncryptKeyPEM(k, []byte("p"), signing.WithIterations(1000))
	if err != nil {
		o.t.Fatal(err)
	}
	o.write("key.pem", text)
	o.must("pkey", "-in", "key.pem", "-passin", "pass:p", "-pubout", "-out", "pub.pem")
}

func TestOpenSSLReadsOurSignatureAndWeIts(t *testing.T) {
	o := newOpenSSL(t)
	key, err := signing.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	o.writeKey(key)
	msg := []byte("a message for three implementations")
	o.write("msg", msg)
	sig, err := key.Sign(ctx, msg)
	if err != nil {
		t.Fatal(err)
	}
	o.write("ours", sig.DER())
	o.must("dgst", "-sm3", "-verify", "pub.pem", "-signature", "ours", "-sigopt", distid, "msg")
	o.must("dgst", "-sm3", "-sign", "key.pem", "-passin", "pass:p", "-sigopt", distid, "-out", "theirs", "msg")
	theirs, err := signing.ParseSignatureDER(o.read("theirs"))
	if err != nil {
		t.Fatal(err)
	}
	if err := signing.VerifyBoth(key.Public(), msg, theirs); err != nil {
		t.Fatal(err)
	}
	o.write("msg", append(msg, '!'))
	o.refuses("dgst", "-sm3", "-verify", "pub.pem", "-signature", "ours", "-sigopt", distid, "msg")
}

func TestOpenSSLOpensOurWrappingAndWeIts(t *testing.T) {
	o := newOpenSSL(t)
	key, err := signing.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	o.writeKey(key)
	wrapped, err := signing.Wrap(key.Public(), []byte("sixteen bytes key"))
	if err != nil {
		t.Fatal(err)
	}
	o.write("ours", wrapped)
	o.must("pkeyutl", "-decrypt", "-inkey", "key.pem", "-passin", "pass:p", "-in", "ours", "-out", "opened")
	if got := o.read("opened"); string(got) != "sixteen bytes key" {
		t.Errorf("openssl opened %q", got)
	}
	o.write("text", []byte("their text"))
	o.must("pkeyutl", "-encrypt", "-pubin", "-inkey", "pub.pem", "-in", "text", "-out", "theirs")
	if got, err := key.Unwrap(ctx, o.read("theirs")); err != nil || string(got) != "their text" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestOpenSSLKeyFiles(t *testing.T) {
	o := newOpenSSL(t)
	key, err := signing.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	text, err := signing.EncryptKeyPEM(key, []byte("口令 p")) // with the rounds of production
	if err != nil {
		t.Fatal(err)
	}
	o.write("ours.pem", text)
	o.must("pkey", "-in", "ours.pem", "-passin", "pass:口令 p", "-pubout", "-outform", "DER", "-out", "pub.der")
	if pub := o.read("pub.der"); !bytes.HasSuffix(pub, key.Public().Bytes()) {
		t.Error("openssl reads another key")
	}
	o.refuses("pkey", "-in", "ours.pem", "-passin", "pass:wrong", "-noout")
	for _, cipher := range []string{"aes-256-cbc", "sm4-cbc"} {
		o.must("genpkey", "-algorithm", "SM2", "-out", "plain.pem")
		o.must("pkcs8", "-topk8", "-in", "plain.pem", "-v2", cipher, "-passout", "pass:p", "-out", "theirs.pem")
		theirs, err := signing.DecryptKeyPEM(o.read("theirs.pem"), []byte("p"))
		if err != nil {
			t.Errorf("%s: %v", cipher, err)
			continue
		}
		o.must("pkey", "-in", "plain.pem", "-pubout", "-outform", "DER", "-out", "pub.der")
		if !bytes.HasSuffix(o.read("pub.der"), theirs.Public().Bytes()) {
			t.Errorf("%s: another key", cipher)
		}
	}
	o.must("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-aes-256-cbc", "-pass", "pass:p", "-out", "nist.pem")
	if _, err := signing.DecryptKeyPEM(o.read("nist.pem"), []byte("p")); err == nil {
		t.Error("a NIST key was read as SM2")
	}
}

// OpenSSL applies the identity to the first certificate only, so a chain is checked link by link.
func TestOpenSSLVerifiesTheChainLinkByLink(t *testing.T) {
	o, ca := newOpenSSL(t), newCA(t)
	id := issue(t, ca, signing.UseSign)
	o.write("root.pem", ca.Root.PEM())
	o.write("mid.pem", ca.Intermediate.PEM())
	o.write("leaf.pem", id.Certificate().PEM())
	at := strconv.FormatInt(noon.Unix(), 10)
	o.must("verify", "-attime", at, "-vfyopt", distid, "-partial_chain", "-trusted", "mid.pem", "leaf.pem")
	o.must("verify", "-attime", at, "-vfyopt", distid, "-CAfile", "root.pem", "mid.pem")
	o.write("stranger.pem", newCA(t).Intermediate.PEM())
	o.refuses("verify", "-attime", at, "-vfyopt", distid, "-partial_chain", "-trusted", "stranger.pem", "leaf.pem")
	text := o.must("x509", "-in", "leaf.pem", "-noout", "-text", "-nameopt", "utf8")
	for _, want := range []string{"SM2-with-SM3", "Digital Signature, Non Repudiation", "CA:FALSE", bank.OrganizationID, bank.CommonName} {
		if !strings.Contains(text, want) {
			t.Errorf("openssl does not show %q in\n%s", want, text)
		}
	}
	o.write("list.pem", pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: crl(t, ca, id.Certificate(), noon, 1)}))
	list := o.must("crl", "-in", "list.pem", "-noout", "-text")
	for _, want := range []string{"X509v3 CRL Number", strings.ToUpper(id.Certificate().Serial()), "Key Compromise"} {
		if !strings.Contains(list, want) {
			t.Errorf("openssl does not show %q in\n%s", want, list)
		}
	}
}

// A third party with openssl alone checks a document: it cuts out the signed attributes, gives them back their own
// tag, checks the signature over them, and compares the digest in them with the content's.
func TestOpenSSLVerifiesSignedDataByCuttingBytes(t *testing.T) {
	o, ca := newOpenSSL(t), newCA(t)
	id := issue(t, ca, signing.UseSign)
	content := []byte(`{"number":"BH2026","amount":80000000}`)
	der := signData(t, id, content, noon)
	o.write("doc.p7s", der)
	o.write("leaf.pem", id.Certificate().PEM())
	o.must("x509", "-in", "leaf.pem", "-noout", "-pubkey", "-out", "pub.pem")
	lines := parseASN1(t, o.must("asn1parse", "-inform", "DER", "-in", "doc.p7s"))
	attributes := lines.last(func(l asn1Line) bool {
		return l.depth == 5 && l.kind == "cons" && strings.Contains(l.text, "cont [ 0 ]")
	})
	signature := lines.last(func(l asn1Line) bool { return l.depth == 5 && strings.Contains(l.text, "OCTET STRING") })
	set := bytes.Clone(der[attributes.offset : attributes.offset+attributes.header+attributes.length])
	set[0] = 0x31
	o.write("attributes", set)
	o.write("signature", der[signature.offset+signature.header:signature.offset+signature.header+signature.length])
	o.must("dgst", "-sm3", "-verify", "pub.pem", "-sigopt", distid, "-signature", "signature", "attributes")
	o.write("content", content)
	o.must("dgst", "-sm3", "-binary", "-out", "digest", "content")
	if !bytes.Contains(set, o.read("digest")) || !bytes.Contains(der, content) {
		t.Error("the digest that is signed is not the content's")
	}
}

type asn1Line struct {
	offset, depth, header, length int
	kind, text                    string
}

type asn1Lines []asn1Line

var asn1Pattern = regexp.MustCompile(`(?m)^ *(\d+):d=(\d+) +hl=(\d+) +l= *(\d+) (cons|prim): (.*)$`)

func parseASN1(t *testing.T, text string) (lines asn1Lines) {
	t.Helper()
	for _, m := range asn1Pattern.FindAllStringSubmatch(text, -1) {
		var n [4]int
		for i := range n {
			n[i], _ = strconv.Atoi(m[i+1])
		}
		lines = append(lines, asn1Line{n[0], n[1], n[2], n[3], m[5], m[6]})
	}
	if len(lines) == 0 {
		t.Fatalf("no structure in %s", text)
	}
	return lines
}

func (l asn1Lines) last(match func(asn1Line) bool) (found asn1Line) {
	for _, line := range l {
		if match(line) {
			found = line
		}
	}
	return found
}

package tender

import (
	"errors"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
)

var codeShape = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

func validCode(s string) bool { return codeShape.MatchString(s) }

// validTitle keeps out what could make one name look like another.
func validTitle(s string) bool { return validText(s, 2, 200) }

// validText is text of min to max characters that shows all that it is.
func validText(s string, min, max int) bool {
	if n := utf8.RuneCountInString(s); n < min || n > max || !utf8.ValidString(s) {
		return false
	}
	return norm.NFC.IsNormalString(s) && strings.TrimSpace(s) == s && !strings.ContainsFunc(s, odd)
}

// odd tells the characters that nobody sees.
func odd(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)
}

// visible is text that a stranger chose, such as a name in a certificate, fit to be stored and shown: what nobody sees
// becomes a mark that everybody sees. PostgreSQL takes no NUL, and one such letter must not keep a lot shut.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if odd(r) {
			return utf8.RuneError
		}
		return r
	}, s)
}

// refuse turns an error about what was sent into a refusal that names the field. It repeats no submitted value.
func refuse(field string, err error) error {
	if f, ok := letter.FieldOf(err); ok {
		return party.Invalid(field+"."+f.Rule, join(field, f.Field), f.Message)
	}
	return party.Invalid(field+".signature", field, signatureWords(err))
}

func join(a, b string) string {
	if b == "" {
		return a
	}
	return a + "." + b
}

// signatureWords says why signed bytes do not hold.
func signatureWords(err error) string {
	for _, c := range []struct {
		is    error
		words string
	}{
		{signing.ErrExpired, "签名证书已过有效期；请到证书机构更新证书后重新签名"},
		{signing.ErrNotYetValid, "签名证书尚未生效；请检查电脑时间或更换证书"},
		{signing.ErrRevoked, "签名证书已被吊销；请到证书机构重新申请"},
		{signing.ErrKeyUsage, "证书用途不是签名；请选择签名证书"},
		{signing.ErrUntrusted, "证书不是由平台认可的机构签发；请换用认可机构的证书"},
		{signing.ErrBadSignature, "签名与内容不符；请用客户端重新签名"},
	} {
		if errors.Is(err, c.is) {
			return c.words
		}
	}
	return "签名数据格式不正确；请用客户端重新生成并签名"
}

package guarantee

import (
	"errors"

	"baohan/signing"
)

// signatureWords says in Chinese why a signature or a certificate was not accepted, and what to do.
func signatureWords(err error) string {
	for _, w := range []struct {
		is    error
		words string
	}{
		{signing.ErrUntrusted, "签名证书不是由平台认可的电子认证机构签发；请更换证书后重新签名"},
		{signing.ErrExpired, "签名证书在签名时已过有效期；请更新证书后重新签名"},
		{signing.ErrNotYetValid, "签名证书在签名时尚未生效；请核对本机时间和证书"},
		{signing.ErrRevoked, "签名证书已被吊销；请更换证书后重新签名"},
		{signing.ErrKeyUsage, "该证书不能用于签名；请使用签名证书"},
		{signing.ErrBadSignature, "签名验证不通过，数据可能被改动；请重新签名后提交"},
		{signing.ErrDisagree, "签名未能通过两种实现的一致验证；请重新签名后提交"},
		{signing.ErrSignedData, "签名数据的格式有误（须为 GB/T 35275 签名数据）；请用客户端重新生成"},
		{signing.ErrPrivateKey, "密钥格式有误；请用客户端重新生成"},
	} {
		if errors.Is(err, w.is) {
			return w.words
		}
	}
	return "数据格式有误；请用客户端重新生成"
}

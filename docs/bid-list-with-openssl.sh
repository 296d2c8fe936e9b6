#!/bin/sh
# 只用 OpenSSL 给投标清单签名，写出 GB/T 35275 签名数据（内容在内，证书链在内）。
#   bid-list-with-openssl.sh 清单.json 证书.pem 私钥.pem >清单.p7s
# 清单须已是规范化 JSON（jq -cjS . 得到的字节）；证书.pem 中本单位证书在前，签发机构随后，根可以不放。
# 说明见 bid-system.md。
set -eu
export LC_ALL=C
content=$1 chain=$2 key=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

hex() { # 十六进制文字 → 字节
	for byte in $(printf %s "$1" | sed 's/../& /g'); do
		printf "\\$(printf %03o "0x$byte")"
	done
}

# der 标签 文件…：标签、DER 长度、各文件的内容
der() {
	tag=$1
	shift
	size=$(cat "$@" | wc -c)
	hex "$tag"
	if [ "$size" -lt 128 ]; then
		hex "$(printf %02x "$size")"
	elif [ "$size" -lt 256 ]; then
		hex "81$(printf %02x "$size")"
	elif [ "$size" -lt 65536 ]; then
		hex "82$(printf %04x "$size")"
	else
		hex "83$(printf %06x "$size")"
	fi
	cat "$@"
}
put() { cat >"$work/$1"; }  # 标准输入写成一个部件
part() { hex "$2" | put "$1"; }
at() { # 部件 标签 部件…：由部件组成新的部件
	to=$1 tag=$2
	shift 2
	for p; do set -- "$@" "$work/$p"; shift; done
	der "$tag" "$@" >"$work/$to.new"
	mv "$work/$to.new" "$work/$to"
}

part signed-data 060a2a811ccf550601040202 # 1.2.156.10197.6.1.4.2.2
part data 060a2a811ccf550601040201        # 1.2.156.10197.6.1.4.2.1
part sm3 06082a811ccf55018311
part sm2-sign 06092a811ccf5501822d01
part content-type 06092a864886f70d010903
part message-digest 06092a864886f70d010904
part signing-time 06092a864886f70d010905
part null 0500
part one 020101

# 签名属性：内容类型、签名时间、内容摘要（DER 的次序恰好如此）
openssl dgst -sm3 -binary "$content" | put digest
date -u +%y%m%d%H%M%SZ | tr -d '\n' | put time
at digest 04 digest
at time 17 time
at value 31 data
at a1 30 content-type value
at value 31 time
at a2 30 signing-time value
at value 31 digest
at a3 30 message-digest value
at attributes 31 a1 a2 a3
openssl dgst -sm3 -sign "$key" -sigopt distid:1234567812345678 -out "$work/signature" "$work/attributes"

# 证书：拆成一张一张，按字节升序；第一张是签名人
awk -v to="$work/certificate" '/-----BEGIN CERTIFICATE-----/ {n++} n {print >(to n ".pem")}' "$chain"
: >"$work/list"
for c in "$work"/certificate*.pem; do
	openssl x509 -in "$c" -outform DER -out "${c%.pem}.der"
	printf '%s %s\n' "$(od -An -v -tx1 "${c%.pem}.der" | tr -d ' \n')" "${c%.pem}.der" >>"$work/list"
done
sort "$work/list" | while read -r _ file; do cat "$file"; done | put certificates
at certificates a0 certificates

# 签发机构的名称和序列号，从签名人的证书里按偏移切出
leaf=$work/certificate1.der
openssl asn1parse -inform DER -in "$leaf" | sed 's/^ *\([0-9]*\):d=\([0-9]*\) *hl=\([0-9]*\) *l= *\([0-9]*\) *[a-z]*: *\([A-Z0-9]*\).*/\1 \2 \3 \4 \5/' |
	awk '$2 == 2 && $5 == "INTEGER" && !s {s = 1; print "serial", $1, $3 + $4} $2 == 2 && $5 == "SEQUENCE" && ++n == 2 {print "issuer", $1, $3 + $4}' |
	while read -r name offset size; do
		tail -c +"$((offset + 1))" "$leaf" | head -c "$size" >"$work/$name"
	done
at signer 30 issuer serial

at algorithm 30 sm3 null
at algorithms 31 algorithm
at signing 30 sm2-sign null
at signature 04 signature
tail -c +2 "$work/attributes" >"$work/rest" # 签的是 SET（0x31），文件中写在标签 [0]（0xA0）之下
{ hex a0; cat "$work/rest"; } | put tagged
at info 30 one signer algorithm tagged signing signature
at infos 31 info

cp "$content" "$work/content"
at content 04 content
at content a0 content
at content 30 data content
at body 30 one algorithms content certificates infos
at body a0 body
der 30 "$work/signed-data" "$work/body"

#!/bin/sh
# Verifies a document (.pdf), a guarantee file (.json), a signed undertaking, verification sheet or opening record (.p7s)
# with OpenSSL 3 and the usual tools of a Unix system, and with no program of the platform. Explained in verify-with-openssl.md.
#
#   verify-with-openssl.sh FILE ROOT.pem [STATUS.p7s]
#
# ROOT.pem is one root certificate that you trust, STATUS.p7s the platform's signed status list: whether a letter is still
# in force. Ends with 0 only when everything holds.
set -eu

file=$1
root=$2
status=${3:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

refuse() {
	echo "不通过：$1" >&2
	exit 1
}

# rows FILE: offset, depth, header length, length and type of every element of a DER file.
rows() {
	openssl asn1parse -inform DER -in "$1" |
		sed -n 's/^ *\([0-9]*\):d=\([0-9]*\) *hl=\([0-9]*\) *l= *\([0-9]*\) *[a-z]*: *\([^:]*\).*/\1 \2 \3 \4 \5/p'
}

# piece FILE OFFSET LENGTH
piece() {
	tail -c "+$(($2 + 1))" "$1" | head -c "$3"
}

# split P7S DIR: cuts signed data into content, certificates, signed attributes and signature.
split() {
	mkdir "$2"
	rows "$1" >"$2/rows"
	set -- "$1" "$2" $(awk '$2 == 5 && $5 == "OCTET" { print $1 + $3, $4; exit }' "$2/rows")
	piece "$1" "$3" "$4" >"$2/content"
	set -- "$1" "$2" $(awk '$2 == 5 && $5 == "OCTET" { at = $1 + $3; n = $4 } END { print at, n }' "$2/rows")
	piece "$1" "$3" "$4" >"$2/signature.der"
	set -- "$1" "$2" $(awk '$2 == 5 && $5 == "cont" { at = $1; n = $3 + $4 } END { print at, n }' "$2/rows")
	{
		printf '\061' # what is signed is a SET (0x31); in the document the same bytes stand under the tag [0]
		piece "$1" "$(($3 + 1))" "$(($4 - 1))"
	} >"$2/attributes.der"
	awk '$2 == 3 { inside = ($5 == "cont") } inside && $2 == 4 { print $1, $3 + $4 }' "$2/rows" >"$2/certificates"
	n=0
	while read -r at length; do
		piece "$1" "$at" "$length" | openssl x509 -inform DER -out "$2/$n.pem"
		n=$((n + 1))
	done <"$2/certificates"
}

# digest FILE: SM3 in lower-case hexadecimal digits.
digest() {
	openssl dgst -sm3 -r "$1" | cut -d' ' -f1
}

# signer P7S DIR: the certificate whose serial number the signature names.
signer() {
	serial=$(openssl asn1parse -inform DER -in "$1" | sed -n 's/^.*:d=6 .*INTEGER *:\([0-9A-F]*\)$/\1/p' | tail -n 1)
	for c in "$2"/*.pem; do
		if [ "$(openssl x509 -in "$c" -noout -serial)" = "serial=$serial" ]; then
			echo "$c"
			return
		fi
	done
	refuse "签名所指的证书不在文件中"
}

# signed_at DIR: the signing time in seconds since 1970.
signed_at() {
	t=$(openssl asn1parse -inform DER -in "$1/attributes.der" | sed -n 's/^.*UTCTIME *:\([0-9]*\)Z$/\1/p')
	date -u -d "20$(echo "$t" | sed 's/\(..\)\(..\)\(..\)\(..\)\(..\)\(..\)/\1-\2-\3 \4:\5:\6/')" +%s
}

# link CERTIFICATE ISSUER TIME: one link of a chain. OpenSSL gives the SM2 identity to the first certificate only, so
# each link is asked for by itself.
link() {
	openssl verify -vfyopt distid:1234567812345678 -partial_chain -trusted "$2" -attime "$3" "$1" >/dev/null 2>&1 ||
		refuse "证书 $(openssl x509 -in "$1" -noout -subject) 不由上一级签发，或者签名时已经失效"
}

# chain CERTIFICATE DIR TIME: from the signer to the root that you trust.
chain() {
	current=$1
	openssl x509 -in "$current" -noout -ext keyUsage | grep -q 'Digital Signature' || refuse "证书用途不包含签名"
	for step in 1 2 3 4 5 6 7 8; do
		issuer=$(openssl x509 -in "$current" -noout -issuer_hash)
		if [ "$issuer" = "$(openssl x509 -in "$root" -noout -subject_hash)" ]; then
			link "$current" "$root" "$3"
			return
		fi
		next=
		for c in "$2"/*.pem; do
			[ "$(openssl x509 -in "$c" -noout -subject_hash)" != "$issuer" ] || next=$c
		done
		[ -n "$next" ] && [ "$next" != "$current" ] || refuse "证书链连不到您指定的根证书"
		link "$current" "$next" "$3"
		current=$next
	done
	refuse "证书链过长"
}

# signature P7S DIR NAME [CONTENT]: digest of the content, which may stand elsewhere, signature over the attributes, chain
# at the signing time.
signature() {
	split "$1" "$2"
	[ -z "${4:-}" ] || cp "$4" "$2/content"
	stated=$(openssl asn1parse -inform DER -in "$2/attributes.der" | sed -n 's/^.*OCTET STRING *\[HEX DUMP\]:\([0-9A-F]*\)$/\1/p' | tr 'A-F' 'a-f')
	[ "$(digest "$2/content")" = "$stated" ] || refuse "$3：内容与签名中的摘要不符"
	leaf=$(signer "$1" "$2")
	openssl x509 -in "$leaf" -noout -pubkey >"$2/public"
	openssl dgst -sm3 -verify "$2/public" -sigopt distid:1234567812345678 \
		-signature "$2/signature.der" "$2/attributes.der" >/dev/null 2>&1 || refuse "$3：签名不成立"
	chain "$leaf" "$2" "$(signed_at "$2")"
	echo "通过：$3的签名和证书链，签名人 $(openssl x509 -in "$leaf" -noout -subject -nameopt utf8,sep_comma_plus)"
}

# octets N: N as eight bytes, most significant first.
octets() {
	printf "$(printf '\\%03o' 0 0 0 0 $(($1 >> 24 & 255)) $(($1 >> 16 & 255)) $(($1 >> 8 & 255)) $(($1 & 255)))"
}

# tagged TAG FILE...: SM3(length of the tag, tag, and for each file its length and its bytes).
tagged() {
	tag=$1
	shift
	{
		printf "$(printf '\\%03o' ${#tag})"
		printf '%s' "$tag"
		for part in "$@"; do
			octets "$(wc -c <"$part")"
			cat "$part"
		done
	} >"$work/tagged"
	digest "$work/tagged"
}

# member NAME FILE: a member of a canonical JSON object whose value is a text of base64 or hexadecimal digits.
member() {
	sed -n "s/.*\"$1\":\"\([A-Za-z0-9+\/=]*\)\".*/\1/p" "$2"
}

# same NAME WANT GOT
same() {
	[ -n "$2" ] && [ "$2" = "$3" ] || refuse "$1：应为 $2，实为 $3"
	echo "通过：$1 $2"
}

# document PDF: the platform's signature over every byte but its own digits, and the files that are attached.
document() {
	# The signature is the first object of the file and stands at the same place in every document.
	hex=$(tail -c +126 "$1" | sed 's/>.*//;q')
	end=$((124 + ${#hex} + 2))
	range="/ByteRange[0 $(printf '%010d %010d %010d' 124 "$end" "$(($(wc -c <"$1") - end))")]/Contents<"
	[ "$(head -c 125 "$1" | tail -c "${#range}")" = "$range" ] || refuse "PDF 的签名没有覆盖整个文件"
	[ "$(grep -ao '/ByteRange' "$1" | wc -l)" = 1 ] && [ "$(grep -ao 'startxref' "$1" | wc -l)" = 1 ] ||
		refuse "PDF 在签名之后又被追加过内容，或者有不止一个签名"
	echo "$hex" | basenc --base16 -d >"$work/padded"
	# Behind the signature stand zeros up to its place; openssl complains of them.
	piece "$work/padded" 0 "$(rows "$work/padded" 2>/dev/null | awk 'NR == 1 { print $3 + $4 }')" >"$work/page.p7s"
	{ head -c 124 "$1" && tail -c +$((end + 1)) "$1"; } >"$work/covered"
	signature "$work/page.p7s" "$work/page" "PDF 版面" "$work/covered"
	# Attached files stand in the document as they are.
	grep -abo '/Type/EmbeddedFile/Subtype/application#2Foctet-stream/Length [0-9]*>>stream' "$1" >"$work/places"
	n=0
	while read -r found; do
		head=${found#*:}
		length=${head##*/Length }
		piece "$1" "$((${found%%:*} + ${#head} + 1))" "${length%>>stream}" >"$work/attached.$n"
		n=$((n + 1))
	done <"$work/places"
}

# record FILE...: signatures under an opening record, all of the same content.
record() {
	many=0
	for one in "$@"; do
		signature "$one" "$work/record.$many" 开标记录表
		cmp -s "$work/record.0/content" "$work/record.$many/content" || refuse "各份签名的内容不同：不是同一份开标记录"
		many=$((many + 1))
	done
	echo "通过：$many 份签名，内容摘要 $(tagged baohan/opening-record/1 "$work/record.0/content")"
}

# seconds NAME FILE: an instant of a canonical JSON object in seconds since 1970.
seconds() {
	date -d "$(sed -n "s/.*\"$1\":\"\([0-9T:.+-]*\)\".*/\1/p" "$2")" +%s
}

# in_force LETTER: the letter, by its content, is not on the status list, and the list is of today.
in_force() {
	[ -n "$status" ] || return 0
	signature "$status" "$work/status" "状态清单"
	[ ! -d "$work/receipt" ] || same "状态清单的签署人" "$(subject "$work/receipt.p7s" "$work/receipt")" "$(subject "$status" "$work/status")"
	list=$work/status/content
	sed -n 's/.*"guarantor":{"name":"[^"]*","uscc":"\([0-9A-Z]*\)"}.*/\1/p' "$1" | tr -d '\n' >"$work/guarantor"
	sed -n 's/.*"number":"\([0-9A-Z-]*\)".*/\1/p' "$1" | tr -d '\n' >"$work/number"
	member commitment "$1" | tr 'a-f' 'A-F' | basenc --base16 -d >"$work/commitment"
	key=$(tagged baohan/status/1 "$work/guarantor" "$work/number" "$work/commitment" | cut -c 1-32)
	sed 's/{"day":/\n{"day":/g' "$list" | grep '^{"day":' | while read -r group; do
		echo "$group" | sed 's/.*"letters":"\([^"]*\)".*/\1/' | openssl base64 -d -A | od -An -v -tx1 -w16 | tr -d ' ' | grep -qx "$key" || continue
		reason=$(echo "$group" | sed 's/.*"reason":"//; s/released".*/解除/; s/paid_out".*/赔付/; s/expired".*/到期/; s/surrendered".*/退保/; s/void".*/失效/')
		refuse "保函不再有效：已于 $(echo "$group" | cut -c 9-18) $reason"
	done
	now=$(date +%s)
	[ "$(seconds issued_at "$list")" -le $((now + 300)) ] || refuse "状态清单的日期在将来"
	[ "$(seconds issued_at "$list")" -ge $((now - 2592000)) ] || refuse "状态清单是 30 天以前的，不能采信"
	[ "$(seconds next_at "$list")" -ge $((now - 300)) ] || echo "注意：状态清单已经过时，只说明当时的状态"
	echo "通过：截至 $(sed -n 's/.*"issued_at":"\([^"]*\)".*/\1/p' "$list") 未列为失效"
}

# subject P7S DIR: who signed.
subject() {
	openssl x509 -in "$(signer "$1" "$2")" -noout -subject -nameopt utf8,sep_comma_plus
}

# number NAME FILE: a member whose value is a number; day NAME FILE: one that is a day.
number() {
	sed -n "s/.*\"$1\":\([0-9]*\)[,}].*/\1/p" "$2"
}
day() {
	sed -n "s/.*\"$1\":\"\([0-9]\{4\}-[0-9][0-9]-[0-9][0-9]\)\".*/\1/p" "$2"
}

# amended: every amendment is signed by the letter's signer, receipted by the receipt's, and amends what stands before it.
amended() {
	many=0
	previous=$(tagged baohan/undertaking/1 "$work/letter.p7s")
	end=
	while IFS= read -r one || [ -n "$one" ]; do
		many=$((many + 1))
		printf '%s' "$one" >"$work/amended.$many"
		member amendment_p7s "$work/amended.$many" | openssl base64 -d -A >"$work/amendment.$many.p7s"
		member amendment_receipt "$work/amended.$many" | openssl base64 -d -A >"$work/accepted.$many.p7s"
		signature "$work/amendment.$many.p7s" "$work/amendment.$many" "第 $many 号修改函"
		signature "$work/accepted.$many.p7s" "$work/accepted.$many" "第 $many 号修改函的回执"
		sed 's/^{"amendment"://; s/,"amendment_p7s":.*$//' "$work/amended.$many" | tr -d '\n' >"$work/amendment.json"
		content=$work/amendment.$many/content
		cmp -s "$work/amendment.json" "$content" || refuse "第 $many 号修改函：文件所载与签名内容不同"
		same "第 $many 号修改函的签名人" "$(subject "$work/letter.p7s" "$work/letter")" "$(subject "$work/amendment.$many.p7s" "$work/amendment.$many")"
		same "第 $many 号修改函回执的签署人" "$(subject "$work/receipt.p7s" "$work/receipt")" "$(subject "$work/accepted.$many.p7s" "$work/accepted.$many")"
		same "第 $many 号修改函的序号" "$many" "$(number n "$content")"
		same "第 $many 号修改函所修改的" "$previous" "$(member previous "$content")"
		same "第 $many 号修改函的保函编号" "$(sed -n 's/.*"number":"\([0-9A-Z-]*\)".*/\1/p' "$work/letter/content")" "$(sed -n 's/.*"number":"\([0-9A-Z-]*\)".*/\1/p' "$content")"
		[ -z "$end" ] || same "第 $many 号修改函的原到期日" "$end" "$(day from "$content")"
		previous=$(tagged baohan/amendment/1 "$work/amendment.$many.p7s")
		same "第 $many 号修改函回执所载摘要" "$(member amendment "$work/accepted.$many/content")" "$previous"
		end=$(day expiry "$content")
		[ "$(echo "$end" | tr -d -)" -gt "$(day from "$content" | tr -d -)" ] || refuse "第 $many 号修改函没有延长有效期"
	done <"$work/amendments"
	[ "$many" = 0 ] || echo "通过：经 $many 次修改，有效期至 $end 24 时"
}

if [ "$(head -c 5 "$file")" = '%PDF-' ]; then
	document "$file"
	file=$work/attached.0
	if LC_ALL=C grep -aq ',"decrypt_from":"' "$file"; then
		record "$work"/attached.*
		exit 0
	fi
fi

if [ "$(head -c 10 "$file")" = '{"blocks":' ]; then
	echo "全部通过：本文件由平台签署，没有随附他人签名的数据"
	exit 0
fi

if [ "$(head -c 1 "$file")" != '{' ]; then
	what=签名数据
	! LC_ALL=C grep -q '{"advice":' "$file" || what=核验结果表
	if LC_ALL=C grep -q ',"decrypt_from":"' "$file"; then
		record "$file"
		exit 0
	fi
	! LC_ALL=C grep -q '{"covers_from":' "$file" || what=状态清单
	! LC_ALL=C grep -q '"committee":' "$file" || what=评标结果
	signature "$file" "$work/letter" "$what"
	in_force "$work/letter/content"
	exit 0
fi

# The file is canonical JSON in one line: its members stand in alphabetical order. The proof of the transparency log has
# an arithmetic of its own (transparency-log.md, 10), and is set aside here.
# What amends the letter stands before all else.
sed -n 's/^{"amendments":\[\(.*\)\],"format":.*/\1/p' "$file" | sed 's/,{"amendment":{/\n{"amendment":{/g' >"$work/amendments"
sed 's/^{"amendments":\[.*\],"format":/{"format":/; s/,"log":{.*},"receipt":/,"receipt":/' "$file" >"$work/letter.json"
file=$work/letter.json
member signed "$file" | openssl base64 -d -A >"$work/letter.p7s"
member receipt "$file" | openssl base64 -d -A >"$work/receipt.p7s"
sed 's/,"signed":".*$//; s/,"salt":"[^"]*"$//; s/^.*,"reveal":{/{/' "$file" | tr -d '\n' >"$work/reveal.json"
sed 's/^.*"signed":"[^"]*","undertaking"://; s/}$//' "$file" | tr -d '\n' >"$work/undertaking.json"

signature "$work/letter.p7s" "$work/letter" "保函"
cmp -s "$work/undertaking.json" "$work/letter/content" || refuse "文件所载保函与签名内容不同"
signature "$work/receipt.p7s" "$work/receipt" "平台回执"

same "承诺值" "$(member commitment "$work/letter/content")" "$(tagged baohan/reveal/1 "$work/reveal.json")"
member salt "$file" | openssl base64 -d -A >"$work/salt"
if [ -s "$work/salt" ]; then
	found=$(tagged baohan/undertaking-salted/1 "$work/salt" "$work/letter.p7s")
else
	found=$(tagged baohan/undertaking/1 "$work/letter.p7s")
fi
same "回执所载保函摘要" "$(member digest "$work/receipt/content")" "$found"
amended
in_force "$work/letter/content"
echo "全部通过。请再核对：签名人就是保函所载的机构和平台，回执时间早于投标截止时间，金额大小写一致。"

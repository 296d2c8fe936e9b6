#!/bin/sh
# Opens the owner's own copy with OpenSSL 3, jq and the usual tools of a Unix system, and with no program of the
# platform. Explained in blind-guarantee.md, section 9.
#
#   unlock-with-openssl.sh COPY.json KEY.pem DIR
#
# COPY.json is the platform's answer to GET /api/v1/applications/{id}/copy, KEY.pem the owner's encryption key. If it is
# encrypted, OpenSSL asks for the passphrase; PASSIN=env:NAME or file:NAME says where it is instead. DIR is made, and
# gets reveal.json and letter.p7s (and salt, of a letter in full): then verify letter.p7s (verify-with-openssl.sh).
#
# OpenSSL's command line has no SM4-GCM, so the text is read in counter mode and the tag is not looked at. Nothing is
# believed for it: the signature and the commitment show whether a byte is wrong.
set -eu

copy=$1
key=$2
dir=$3
umask 077
mkdir "$dir"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# field FILTER: a member of the copy, decoded.
field() {
	jq -er "$1" "$copy" | openssl base64 -d -A
}

# hex: the bytes of standard input as hexadecimal digits.
hex() {
	od -An -v -tx1 | tr -d ' \n'
}

# piece FILE OFFSET LENGTH
piece() {
	tail -c "+$(($2 + 1))" "$1" | head -c "$3"
}

# number FILE OFFSET LENGTH: a number, high byte first.
number() {
	echo "$((0x$(piece "$1" "$2" "$3" | hex)))"
}

# owned WRAPPING: the key that is wrapped to the owner, in hexadecimal digits.
owned() {
	openssl pkeyutl -decrypt -inkey "$key" ${PASSIN:+-passin "$PASSIN"} -in "$1" | hex
}

# text KEY SEALED: what stands in nonce (12) ‖ ciphertext ‖ tag (16), without its padding. A key of another length is
# one that could not be unwrapped.
text() {
	if [ "${#1}" != 32 ]; then
		echo "打不开：这不是能打开这份副本的密钥" >&2
		exit 1
	fi
	piece "$2" 12 "$(($(wc -c <"$2") - 28))" |
		openssl enc -d -sm4-ctr -K "$1" -iv "$(piece "$2" 0 12 | hex)00000002" >"$work/padded"
	piece "$work/padded" 4 "$(number "$work/padded" 0 4)"
}

# The record: its key is wrapped to the owner, anew after a renewed certificate.
field '.owner_record // .record.owner' >"$work/owner"
field .record.ciphertext >"$work/record.sealed"
text "$(owned "$work/owner")" "$work/record.sealed" >"$work/record"
jq -er .reveal "$work/record" | openssl base64 -d -A >"$dir/reveal.json"

if jq -e .letter "$copy" >/dev/null; then
	# A letter in full: sealed by its guarantor the same way.
	field '.owner_letter // .letter.owner' >"$work/owner"
	field .letter.ciphertext >"$work/letter.sealed"
	text "$(owned "$work/owner")" "$work/letter.sealed" >"$work/letter"
	jq -er .salt "$work/letter" | openssl base64 -d -A >"$dir/salt"
	jq -er .undertaking "$work/letter" | openssl base64 -d -A >"$dir/letter.p7s"
	exit
fi

# A blind letter: an envelope to the key inside the record, which is written as SEC 1 has it.
{
	printf '\060\061\002\001\001\004\040'
	jq -er .key "$work/record" | openssl base64 -d -A
	printf '\240\012\006\010\052\201\034\317\125\001\202\055'
} | openssl pkey -inform DER -out "$work/fresh.pem"
field .undertaking >"$work/envelope"
length=$(number "$work/envelope" 2 2)
piece "$work/envelope" 4 "$length" >"$work/wrapping"
piece "$work/envelope" "$((4 + length + 32))" 1000000 >"$work/letter.sealed"
text "$(openssl pkeyutl -decrypt -inkey "$work/fresh.pem" -in "$work/wrapping" | hex)" "$work/letter.sealed" >"$dir/letter.p7s"

// Package signing turns bytes into evidence: SM2 signatures and encryption, SM3 digests, SM4 sealing,
// certificates, GB/T 35275 signed data, and a two-of-three seal that no single holder opens. It knows no
// business word and no database.
//
// It is the one package that knows the two SM2 libraries. tjfoc makes keys, signatures, ciphertexts,
// digests and the SM4 block; emmansun decides what verifies and opens what is sealed. So whatever leaves
// here has been read by a second implementation first, and what moves money is checked by both once, at
// acceptance (VerifyBoth). Neither library is handed a point, a scalar or a length that was not checked
// here before.
//
// The user identity in every signature is 1234567812345678, the default of GB/T 35276-2017 and GM/T 0009.
package signing

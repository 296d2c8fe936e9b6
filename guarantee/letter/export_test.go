package letter

// Encode is the encoding of any object, whether it holds or not: what an attacker can write.
func Encode(v any) []byte {
	b, err := encode(v)
	if err != nil {
		panic(err)
	}
	return b
}

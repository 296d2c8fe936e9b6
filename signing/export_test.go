package signing

import checker "github.com/emmansun/gmsm/sm2"

// OtherKey gives a key to the other implementation, for documents that this package would not make.
func OtherKey(k *PrivateKey) *checker.PrivateKey { return k.opens }

package signing

import (
	"errors"
	"fmt"
)

// ErrInternal says that a library below stopped in the middle of our input. The input is refused, the
// process goes on.
var ErrInternal = errors.New("signing: library failure")

// guard makes a panic of a library an error of ours. Stack exhaustion cannot be caught, which is why no
// recursive parser is reachable from here.
func guard(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("%w: %v", ErrInternal, r)
	}
}

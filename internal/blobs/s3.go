//go:build s3

package blobs

import _ "gocloud.dev/blob/s3blob" // s3://bucket?region=…

// withS3 is a matter of the build: the library brings some twenty modules and 10 MB, which an installation that keeps
// its files in a directory need not carry.
const withS3 = true

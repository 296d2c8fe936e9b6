// Package blobs keeps files outside the database: in a directory, or in an S3 bucket by URL.
//
// Every object is encrypted before it leaves the process, under a key of its own, which is wrapped with the store's key.
// Its name is random: it says nothing of who, which lot or which file. What it is stands in the row that names it, with
// its digest and its size. The object comes first and is durable; then the row, in the transaction of its verb. A crash
// between the two leaves an object that no row names, and Sweep removes it when it is older than a day.
//
//	header: "BHB" ‖ version 1 (1) ‖ key id (8) ‖ the object's key, SM4-GCM under the store's key (44)
//	then:   signing.SealStream under the object's key
//
// Additional data of both are the header's first twelve bytes, the purpose and the name, so that no object opens in
// another's place.
package blobs

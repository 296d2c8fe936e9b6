// Package verify is what anybody asks of a file that calls itself a guarantee: is it genuine? It takes the file whatever
// its kind (PDF, guarantee file, signed bytes, verification sheet, opening record) and what the asker trusts, and needs neither network
// nor database. `baohan verify` and the page /verify, where it runs in the visitor's browser, are both nothing but this
// package with a way in and a way out.
package verify

package client

import "net/http"

// withoutCookie keeps a browser from adding the session of the person in front of it to a request that a machine's
// signature proves: one request proves itself in one way.
func withoutCookie(req *http.Request) { req.Header.Set("js.fetch:credentials", "omit") }

//go:build !js

package client

import "net/http"

// withoutCookie has nothing to do outside a browser: nobody adds a cookie.
func withoutCookie(*http.Request) {}

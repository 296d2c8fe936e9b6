// Package gather finds every Chinese text that a page can show: in templates, with templ's own parser, in Go, in scripts and
// in the one page that is plain HTML. It is a tool: nothing that runs imports it.
package gather

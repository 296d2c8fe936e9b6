// Package view is what people look at: the shell of every page, the parts that pages are made of, and the pages themselves,
// as typed templates (*.templ; `make generate` makes the Go beside them). It asks no desk and knows no request: whoever
// shows a page hands it what stands on it. A page that is not handed something cannot show it.
package view

// Package paper holds what of a guarantee stands on paper: the text of every document (sheet.go), the one form that a
// PDF of ours has (document.go), and the check of such a file by anyone, offline (verify.go).
//
// A PDF is a rendering. What counts is what the guarantor signed, which the file carries beside it; the platform signs
// the rendering. The format has no freedom: a file is read by the same description by which it is written, and one that
// differs in a byte is refused. The text on the pages is read back and held against the text that the attached bytes
// demand, so that a rendering cannot say anything else.
//
// There are no fonts here and no layout; those are in package page. This one must run where files are checked, in a
// browser too.
package paper

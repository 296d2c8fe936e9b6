// Package page sets documents on A4 pages and makes PDFs of them: the guarantee, the release, the demand and any other
// sheet of package paper, all by one engine.
//
// Chinese lines are broken here by the rules of 避头尾 (GB/T 15834-2011, 5.1.10: no line begins with a closing mark or
// ends with an opening one). Every character is one glyph of a font that has it; a character that no font has is an
// error and never a blank. The same sheet, files and time give the same bytes before the signature.
package page

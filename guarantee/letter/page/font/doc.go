// Package font reads TrueType fonts (ISO/IEC 14496-22, outlines in glyf) and cuts out of them what one document needs.
// It knows glyphs, widths and characters; where they stand on a page is for package page.
//
// The fonts of the documents are embedded: Noto Serif SC, and LXGW WenKai for the rare characters of real names that
// Noto Serif SC lacks. How they were cut from the whole fonts is internal/foundry.
package font

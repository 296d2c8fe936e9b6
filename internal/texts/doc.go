// Package texts says a Chinese text in another language. The Chinese text itself is the key, as in gettext: where code and
// templates have a value the key has a hole, {1}, {2} …, and the translation puts the values where its own grammar wants
// them. What a catalogue does not have it does not say: whoever asks then shows the Chinese.
//
// The package holds no text and reads no file. Package gather finds the texts in our sources.
package texts

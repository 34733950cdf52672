// Package locales holds the words of the interface, one set of files a language, embedded in the binary. Files are named NAME.LANGUAGE.json;
// all files of a language are one list of sentences.
package locales

// Package sample holds the files of the sample organisation, as somebody would bring them; README.md says what they are.
package sample

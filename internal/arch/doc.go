// Package arch decides whether the code has the shape that docs/architecture.md gives it: sources come in, breaches go out as failing tests;
// nothing of it is in the program.
package arch

// Package e2e decides whether the whole program keeps its word: it is built once, run as people run it, killed, looked at in a browser; only
// tests live here.
package e2e

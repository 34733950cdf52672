//go:build !linux

package app

func unload() error { return nil }

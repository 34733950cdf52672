// Package ui
package ui

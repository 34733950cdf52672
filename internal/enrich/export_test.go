package enrich

import "github.com/entente/entente/internal/channel"

// TextSum is textSum, for tests that state what a model elsewhere says.
func TextSum(title, text string) string { return textSum(&channel.Post{Title: title, Text: text}) }

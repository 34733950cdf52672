package enrichweb

import (
	"context"
	"strings"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/lang/classify"
)

// named says what weighed when it is nothing that stands in the text: the classifier writes it in brackets, such as "[ends with ?]".
func named(ctx context.Context, text string) (words string, none bool) {
	inner, opens := strings.CutPrefix(text, "[")
	inner, closes := strings.CutSuffix(inner, "]")
	if !opens || !closes {
		return "", false
	}
	key := "enrich.piece." + slug(inner)
	if !i18n.Has(key) {
		return "", false
	}
	return i18n.T(ctx, key), true
}

// slug makes a key of what the classifier calls it.
func slug(title string) string {
	switch title {
	case "!":
		return "exclaim"
	case "?":
		return "ask"
	case "ends with ?":
		return "ends_ask"
	case "...":
		return "dots"
	case "@names":
		return "names"
	case "begins with @":
		return "to"
	case "#tags":
		return "tags"
	}
	return strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToLower(title))
}

// weakness says a weakness of the models; what this version of the pages does not know stays in English.
func weakness(ctx context.Context, w classify.Weak) string {
	if key := "enrich.weakness." + w.ID; i18n.Has(key) {
		return i18n.T(ctx, key)
	}
	return w.Text
}

package lang_test

import (
	"testing"

	"github.com/entente/entente/lang"
)

// TestLonelyApostrophe holds that an apostrophe that Unicode takes for a letter is read past, also where no word follows it.
func TestLonelyApostrophe(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"ʼ", "ʼ ʼʼ", "The brakes ʼ 1", "dʼ"} {
		lang.Detect(text)
		lang.DetectWith(text, "fr")
	}
}

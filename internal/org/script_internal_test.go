package org

import "testing"

func TestScripts(t *testing.T) {
	t.Parallel()
	for name, good := range map[string]bool{"Claire Vannier": true, "Анна Κώστας Léa": true, "Łukasz Ødegård": true, "山田 Tarō": true,
		"Clаire Vannier": false, "Αnna": false, "Paуl": false} { // a Cyrillic а, a Greek Α, a Cyrillic у
		if err := checkScripts(name); (err == nil) != good {
			t.Errorf("%q: %v", name, err)
		}
	}
}

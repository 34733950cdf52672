package card_test

import (
	"bytes"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/entente/entente/internal/community/card"
)

// TestDraw: whatever the title, the picture is small, of the size that is wanted, and can be read by others.
func TestDraw(t *testing.T) {
	t.Parallel()
	for name, title := range map[string]string{"short": "Pourquoi mes freins grincent-ils ?", "empty": "", "long": strings.Repeat("Où trouver la pièce d’à côté, «\u00a0neuve\u00a0» ? ", 20), "word": strings.Repeat("x", 500),
		"script": "なぜブレーキが鳴くのか", "odd": "\x00\xff\u202e<b>&"} {
		raw, err := card.Draw(card.Card{Name: "Le Sillage", Title: title, Kind: "Question", Paper: color.RGBA{251, 250, 248, 255}, Ink: color.RGBA{27, 32, 30, 255}, Accent: color.RGBA{138, 47, 91, 255}})
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		if b := img.Bounds(); b.Dx() != card.Width || b.Dy() != card.Height || len(raw) > 40_000 {
			t.Errorf("%s: %v, %d bytes", name, b, len(raw))
		}
		if folder := os.Getenv("ENTENTE_SHOTS"); folder != "" {
			if err := os.WriteFile(filepath.Join(folder, "card-"+name+".png"), raw, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

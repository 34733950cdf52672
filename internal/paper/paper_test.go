package paper_test

import (
	"bytes"
	"image/png"
	"os"
	"testing"

	"github.com/entente/entente/internal/paper"
	"github.com/entente/entente/internal/problem"
)

const page = `<!DOCTYPE html><meta charset="utf-8"><title>x</title><style>body{margin:0;background:#0f0}</style><img src="http://127.0.0.1:1/x"><script>document.body.style.background="#f00"</script>`

func TestPrints(t *testing.T) {
	t.Parallel()
	p := paper.New("")
	if !p.Able() {
		if os.Getenv("ENTENTE_TEST_BROWSER") == "1" {
			t.Fatal("Chromium is not installed")
		}
		t.Skip("Chromium is not installed")
	}
	pdf, err := p.PDF(t.Context(), []byte(page))
	if err != nil || !bytes.HasPrefix(pdf, []byte("%PDF-")) {
		t.Fatalf("%.20q, %v", pdf, err)
	}
	raw, err := p.PNG(t.Context(), []byte(page), 300, 200)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	if b := img.Bounds(); b.Dx() != 600 || b.Dy() != 400 {
		t.Errorf("a picture of %v", b)
	}
	if r, g, _, _ := img.At(500, 380).RGBA(); r != 0 || g == 0 {
		t.Errorf("the script of the page ran")
	}
}

func TestWithout(t *testing.T) {
	t.Parallel()
	for _, path := range []string{paper.None, "/no/such/chromium"} {
		p := paper.New(path)
		if p.Able() {
			t.Errorf("%q prints", path)
		}
		if _, err := p.PDF(t.Context(), nil); !problem.Is(err, problem.Missing) {
			t.Error(err)
		}
	}
}

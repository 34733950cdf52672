package markup

import "github.com/yuin/goldmark/text"

// Washed is HTML after the second lock, and whether it passed without a change.
func Washed(html string) (string, bool) { return washed([]byte(html)), ours([]byte(html)) }

// Policed is HTML as the policy leaves it.
func Policed(html string) string { return policy.Sanitize(html) }

// Unwashed is the HTML before the second lock.
func Unwashed(src string) string {
	source := []byte(tidy(src))
	w := &writer{source: source, top: 3, pictures: PicturePath, rtl: rightToLeft(source)}
	w.blocks(reader.Parse(text.NewReader(source)), 0)
	return string(w.html)
}

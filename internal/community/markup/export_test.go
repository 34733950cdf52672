package markup

import "github.com/yuin/goldmark/text"

// Unwashed is the HTML before the second lock.
func Unwashed(src string) string {
	source := []byte(tidy(src))
	w := &writer{source: source, top: 3, pictures: PicturePath, rtl: rightToLeft(source)}
	w.blocks(reader.Parse(text.NewReader(source)), 0)
	return string(w.html)
}

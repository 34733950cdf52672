package community

// Look is how a community looks: tokens, never style.
type Look struct {
	Accent     string `json:"accent,omitempty"`     // #rrggbb
	Background string `json:"background,omitempty"` // #rrggbb
	Text       string `json:"text,omitempty"`       // #rrggbb
	Font       string `json:"font,omitempty"`       // sans, serif, mono
	Logo       string `json:"logo,omitempty"`       // id of a picture
}

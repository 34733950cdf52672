package contactweb

import (
	"context"

	"github.com/entente/entente/internal/contact"
	"github.com/entente/entente/internal/i18n"
)

// called is who said a line, as whoever wrote to us reads it.
func called(ctx context.Context, p *stop, l contact.Line) string {
	switch {
	case l.Ours && l.Name != "":
		return i18n.T(ctx, "contact.speaks", "Name", l.Name, "Organisation", p.Called)
	case l.Ours:
		return p.Called
	case l.Name != "":
		return l.Name
	}
	return i18n.T(ctx, "contact.you")
}

// addressed reports whether whoever writes in the widget gave an address, by which we can answer when they have left.
func addressed(p *stop) bool {
	for _, l := range p.Lines {
		if l.Addressed {
			return true
		}
	}
	return false
}

func hint(ctx context.Context, p *stop) string {
	if p.Widget {
		return i18n.T(ctx, "contact.mail_hint")
	}
	return ""
}

func waiting(ctx context.Context, p *stop) string {
	switch {
	case p.Point.Mail == "" || p.Widget && !addressed(p):
		return i18n.T(ctx, "contact.waits_here")
	case p.Widget:
		return i18n.T(ctx, "contact.waits_both")
	}
	return i18n.T(ctx, "contact.waits_mail")
}

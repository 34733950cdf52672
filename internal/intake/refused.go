package intake

import (
	"context"
	"encoding/csv"
	"io"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/sheet"
)

// MaxRefused is the most lines of a list of what was refused; beyond it only the number grows.
const MaxRefused = 10_000

// Refused writes what was refused as a CSV table in the language of ctx: place, reason, detail.
type Refused struct {
	ctx   context.Context
	out   *csv.Writer
	lines int
	more  int
}

// NewRefused begins a list; call Close at its end.
func NewRefused(ctx context.Context, out io.Writer) *Refused {
	io.WriteString(out, "\uFEFF") // spreadsheets then read UTF-8; a failure shows at Close
	return &Refused{ctx: ctx, out: csv.NewWriter(out)}
}

// Add writes a refused row.
func (r *Refused) Add(row Row) error {
	if r.lines == 0 {
		if err := r.out.Write([]string{i18n.T(r.ctx, "intake.refused.place"), i18n.T(r.ctx, "intake.refused.reason"), i18n.T(r.ctx, "intake.refused.detail")}); err != nil {
			return err
		}
	}
	if r.lines >= MaxRefused {
		r.more++
		return nil
	}
	r.lines++
	return r.out.Write([]string{sheet.Cell(row.Place.String()), sheet.Cell(row.Refused.In(r.ctx)), sheet.Cell(row.Refused.Detail)})
}

// In is the reason in the language of ctx.
func (r *Refusal) In(ctx context.Context) string {
	reason := i18n.T(ctx, r.Reason, r.Args...)
	if r.Column != "" {
		return i18n.T(ctx, "intake.in_column", "Column", r.Column, "Reason", reason)
	}
	return reason
}

// Close writes how many more there were. It does not close the writer.
func (r *Refused) Close() error {
	if r.more > 0 {
		if err := r.out.Write([]string{"", i18n.N(r.ctx, "intake.refused.more", r.more), ""}); err != nil {
			return err
		}
	}
	r.out.Flush()
	return r.out.Error()
}

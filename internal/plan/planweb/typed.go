package planweb

import (
	"strconv"
	"strings"

	"github.com/entente/entente/internal/plan/money"
	"github.com/entente/entente/internal/plan/schedule"
	"github.com/entente/entente/internal/problem"
)

// typedRows turns what is typed into what it means, and notes what cannot be read by its place in the list.
type typedRows struct {
	section section
	rows    []row
	list    []int // places of the rows that count
	errs    []error
}

func (t *typedRows) refuse(n int, field, key string) {
	t.errs = append(t.errs, problem.New(problem.Invalid, key).On(t.section.prefix+"_"+strconv.Itoa(n)+"_"+field))
}

func (t *typedRows) each(do func(n int, r row)) {
	for n, at := range t.list {
		do(n, t.rows[at])
	}
}

func (t *typedRows) day(n int, r row, field string) schedule.Day {
	d, ok := schedule.ParseDay(r[field])
	if !ok {
		t.refuse(n, field, "plan.day_bad")
	}
	return d
}

func (t *typedRows) whole(n int, r row, field, key string, otherwise int) int {
	if r[field] == "" {
		return otherwise
	}
	v, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(r[field], "%")))
	if err != nil {
		t.refuse(n, field, key)
	}
	return v
}

func (t *typedRows) minutes(n int, r row, field string) int {
	v, ok := schedule.ParseMinutes(r[field])
	if !ok {
		t.refuse(n, field, "plan.hours_bad")
	}
	return v
}

func (t *typedRows) amount(n int, r row, field string) int64 {
	v, ok := money.Parse(r[field], r["currency"])
	if !ok {
		t.refuse(n, field, "plan.amount_unread")
	}
	return v
}

func (t *typedRows) number(n int, r row, field string) float64 {
	if r[field] == "" {
		return 0
	}
	v, ok := number(r[field])
	if !ok {
		t.refuse(n, field, "plan.number_bad")
	}
	return v
}

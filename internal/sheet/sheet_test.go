package sheet_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/entente/entente/internal/sheet"
)

func TestCell(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                    "",
		"Wheels, and more":    "Wheels, and more",
		"a-b = c+d@e.example": "a-b = c+d@e.example",
		"=1+1":                "'=1+1",
		"  @SUM(A1)":          "  '@SUM(A1)",
		"\t=1":                "'\t'=1",
		"\rx":                 "'\rx",
		"x;=1+1":              "x;'=1+1",
		"x; +1;-2":            "x; '+1;'-2",
		"x\n=1":               "x\n'=1",
		`"=1"`:                `"'=1"`,
		"a|=1\t@b":            "a|'=1\t'@b",
		"é;=é":                "é;'=é",
		"--":                  "'--",
	} {
		if got := sheet.Cell(in); got != want {
			t.Errorf("Cell(%q) = %q, want %q", in, got, want)
		}
	}
}

// Whichever separator a spreadsheet takes, no cell begins a formula, and nothing but apostrophes is added.
func TestNoCellRuns(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOf(rapid.SampledFrom([]string{"=", "+", "-", "@", ";", ",", "\t", "|", "\n", "\r", `"`, " ", "a", "é", "\xff"})).Draw(t, "text"), "")
		got := sheet.Cell(text)
		for _, separator := range []string{",", ";", "\t", "|", "\n", "\r"} {
			for _, cell := range strings.Split(got, separator) {
				if cell = strings.TrimLeft(cell, ` "`); cell != "" && strings.Contains("=+-@", cell[:1]) {
					t.Fatalf("split at %q, %q has the cell %q", separator, got, cell)
				}
			}
		}
		if strings.ReplaceAll(got, "'", "") != text {
			t.Fatalf("%q became %q", text, got)
		}
	})
}

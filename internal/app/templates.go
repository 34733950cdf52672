package app

import (
	"github.com/entente/entente/internal/course"
)

// templates are the courses to begin with, in both languages.
func templates() ([]course.Content, error) {
	var out []course.Content
	for _, name := range []string{"courses/answering.json", "courses/crisis.json"} {
		var v course.Content
		if err := readSample(name, &v); err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

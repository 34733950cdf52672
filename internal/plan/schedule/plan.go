package schedule

import "fmt"

// Link says that a task waits for another to finish and then Lag working days more.
type Link struct {
	Task int // its place in the list
	Lag  int
}

// Task is a piece of work, or with Length 0 a milestone, which stands at the end of a day.
type Task struct {
	Length int // working days
	From   Day // not before this day, or no day
	After  []Link
	Began  Day // the day it did begin
	Ended  Day // the day it was done
	Done   int // percent, as those who do it say
}

// Slot is when a task is done, first and last day. Slack is how many working days it may slip before the end of all slips.
type Slot struct {
	Start, End Day
	Slack      int
	Critical   bool // without slack; never a task that has ended
}

// Plan is when everything is done.
type Plan struct {
	Slots      []Slot // in the order of the tasks
	Start, End Day
}

// Cycle is the error of tasks that wait for each other in a circle: Chain names them by place, the first again at the end.
type Cycle struct{ Chain []int }

// Error is for logs.
func (c *Cycle) Error() string { return fmt.Sprintf("tasks wait for each other: %v", c.Chain) }

// Lay plans tasks from a day on as if nothing were done yet: each as early as its From and its links allow.
func Lay(tasks []Task, start Day, c Calendar) (Plan, error) { return lay(tasks, start, 0, c) }

// Forecast plans with what is done: what ended stands where it ended; what began takes what is left of it from today on, by what is said to
// be done or, where nothing is said, by its planned length; what did not begin begins today at the earliest.
func Forecast(tasks []Task, start, today Day, c Calendar) (Plan, error) {
	return lay(tasks, start, today, c)
}

type span struct{ start, end int } // numbers of working days; end is not included

func lay(tasks []Task, start, today Day, c Calendar) (Plan, error) {
	order, err := sorted(tasks)
	if err != nil {
		return Plan{}, err
	}
	origin := c.Index(start)
	if len(tasks) == 0 {
		return Plan{Start: start, End: start}, nil
	}
	spans := make([]span, len(tasks))
	for _, i := range order {
		spans[i] = place(tasks[i], spans, origin, today, c)
	}
	finish := 0
	for _, s := range spans {
		finish = max(finish, s.end)
	}
	latest := make([]int, len(tasks))
	for i := range latest {
		latest[i] = finish
	}
	for k := len(order) - 1; k >= 0; k-- {
		i := order[k]
		for _, l := range tasks[i].After {
			latest[l.Task] = min(latest[l.Task], latest[i]-(spans[i].end-spans[i].start)-l.Lag)
		}
	}
	p := Plan{Slots: make([]Slot, len(tasks))}
	for i, s := range spans {
		slot := Slot{Slack: max(latest[i]-s.end, 0)}
		ended := today != 0 && tasks[i].Ended != 0
		slot.Critical = slot.Slack == 0 && !ended
		switch {
		case ended:
			slot.End = tasks[i].Ended
			if slot.Start = tasks[i].Began; slot.Start == 0 || slot.Start > slot.End {
				slot.Start = min(c.At(s.start), slot.End)
			}
		case s.end > s.start:
			slot.Start, slot.End = c.At(s.start), c.At(s.end-1)
			if today != 0 && tasks[i].Began != 0 {
				slot.Start = tasks[i].Began
			}
		case s.end > origin:
			slot.Start = c.At(s.end - 1)
			slot.End = slot.Start
		default:
			slot.Start = c.At(s.end)
			slot.End = slot.Start
		}
		p.Slots[i] = slot
		if p.Start == 0 || slot.Start < p.Start {
			p.Start = slot.Start
		}
		p.End = max(p.End, slot.End)
	}
	return p, nil
}

// place gives a task its days; what it waits for has some already.
func place(t Task, spans []span, origin int, today Day, c Calendar) span {
	begin := origin
	if t.From != 0 {
		begin = max(begin, release(t, c))
	}
	for _, l := range t.After {
		begin = max(begin, spans[l.Task].end+l.Lag)
	}
	if today == 0 {
		return span{begin, begin + t.Length}
	}
	now := c.Index(today)
	switch {
	case t.Ended != 0:
		end := c.Index(t.Ended + 1)
		if t.Began != 0 && t.Began <= t.Ended {
			return span{min(c.Index(t.Began), end), end}
		}
		return span{end - min(t.Length, end), end}
	case t.Length == 0:
		if begin <= now && (begin > origin || now > origin) { // it should have been reached: at the end of today at best
			begin = now + 1
		}
		return span{begin, begin}
	case t.Began != 0:
		from := c.Index(t.Began)
		left := 1
		if t.Done > 0 {
			left = (t.Length*(100-min(t.Done, 100)) + 99) / 100
		}
		return span{from, max(from+t.Length, max(now, from)+left)}
	}
	begin = max(begin, now)
	return span{begin, begin + t.Length}
}

// release is the first number at which a task may begin for its From alone; a milestone stands at the end of its day.
func release(t Task, c Calendar) int {
	if t.Length == 0 {
		return c.Index(t.From + 1)
	}
	return c.Index(t.From)
}

// sorted puts every task after those it waits for.
func sorted(tasks []Task) ([]int, error) {
	const (
		unseen = iota
		open
		done
	)
	state := make([]int, len(tasks))
	order := make([]int, 0, len(tasks))
	var path []int
	var visit func(i int) *Cycle
	visit = func(i int) *Cycle {
		switch state[i] {
		case done:
			return nil
		case open:
			at := len(path) - 1
			for path[at] != i {
				at--
			}
			chain := []int{i} // path runs against time: from a task to what it waits for
			for k := len(path) - 1; k >= at; k-- {
				chain = append(chain, path[k])
			}
			return &Cycle{chain}
		}
		state[i] = open
		path = append(path, i)
		for _, l := range tasks[i].After {
			if l.Task < 0 || l.Task >= len(tasks) {
				continue
			}
			if c := visit(l.Task); c != nil {
				return c
			}
		}
		path = path[:len(path)-1]
		state[i] = done
		order = append(order, i)
		return nil
	}
	for i := range tasks {
		if c := visit(i); c != nil {
			return nil, c
		}
		for _, l := range tasks[i].After {
			if l.Task < 0 || l.Task >= len(tasks) {
				return nil, fmt.Errorf("task %d waits for task %d, and there are %d", i, l.Task, len(tasks))
			}
		}
	}
	return order, nil
}

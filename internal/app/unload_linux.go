package app

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"syscall"
)

// unload takes the pages of the program's own file out of the resident set: at rest a tenth of what was read to fill the demo, or for the last crowd, is
// used. They stay in the cache of the system as long as it likes and are found there, 64 kB at a time, when they are used again.
func unload() error {
	self, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return err
	}
	f, err := os.Open("/proc/self/maps")
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() { // address-address permissions offset device inode path
		part := strings.Fields(lines.Text())
		if len(part) < 6 || part[5] != self || strings.Contains(part[1], "w") { // what can be written may have been
			continue
		}
		var from, to uintptr
		if _, err := fmt.Sscanf(part[0], "%x-%x", &from, &to); err != nil {
			return err
		}
		if _, _, no := syscall.Syscall(syscall.SYS_MADVISE, from, to-from, syscall.MADV_DONTNEED); no != 0 {
			return no
		}
	}
	return lines.Err()
}

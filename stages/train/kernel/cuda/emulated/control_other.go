//go:build !linux

package emulated

import "errors"

func (c *control) open(string) error { return errors.New("it needs Linux") }

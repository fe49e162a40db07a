package gstest

import (
	"errors"
	"io"
	"net/http"
	"time"
)

// Sparse makes a file of so many zero bytes that takes no memory. It can only be read.
func (s *Server) Sparse(name string, size int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sparse == nil {
		s.sparse = map[string]int64{}
	}
	s.sparse["/"+Bucket+"/"+name] = size
}

func (s *Server) read(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	size, ok := s.sparse[r.URL.Path]
	s.mu.Unlock()
	if !ok {
		s.handler.ServeHTTP(w, r)
		return
	}
	w.Header().Set("X-Goog-Generation", "1")
	w.Header().Set("Content-Type", "application/octet-stream")
	http.ServeContent(w, r, "", time.Time{}, &zeros{size: size})
}

// zeros are so many zero bytes.
type zeros struct{ at, size int64 }

func (z *zeros) Read(p []byte) (int, error) {
	if z.at >= z.size {
		return 0, io.EOF
	}
	p = p[:min(int64(len(p)), z.size-z.at)]
	clear(p)
	z.at += int64(len(p))
	return len(p), nil
}

func (z *zeros) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += z.at
	case io.SeekEnd:
		offset += z.size
	}
	if offset < 0 {
		return 0, errors.New("before the start")
	}
	z.at = offset
	return offset, nil
}

package split

import (
	"context"
	"fmt"
	"io"
	"iter"
	"strconv"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/pickle"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/internal/textio"
)

// pickleList is a dict as in BEEP's pmv_labels.pkl: by the id of an admission a sequence
// that ends with its split (allenai/BEEP, data/generate_pmv_data.py).
type pickleList struct{ dict *pickle.Dict }

func openPickle(ctx context.Context, t table) (list, error) {
	if t.id != ByAdmission || t.split != "" {
		return nil, exit.Errorf(exit.Usage, "%s: a pickle of labels lists admissions with their splits; give it as file, and set by: %s", t.uri, ByAdmission)
	}
	data, err := wholeFile(ctx, t.uri)
	if err != nil {
		return nil, err
	}
	value, err := pickle.Read(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.uri, err)
	}
	dict, ok := value.(*pickle.Dict)
	if !ok {
		return nil, exit.Errorf(exit.BadData, "%s holds no dict; give a pickle of labels and splits by admission, such as BEEP's pmv_labels.pkl", t.uri)
	}
	return pickleList{dict}, nil
}

// wholeFile reads no more than pickle.Read takes, and a byte.
func wholeFile(ctx context.Context, uri string) ([]byte, error) {
	dir, name, err := store.FolderOf(uri)
	if err != nil {
		return nil, err
	}
	file, err := dir.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(textio.Interruptible(ctx, file), pickle.MaxBytes+1))
}

func (pickleList) close() {}

func (l pickleList) rows(context.Context) iter.Seq2[listed, error] {
	return func(yield func(listed, error) bool) {
		for i, pair := range l.dict.Pairs {
			row := listed{place: "key " + strconv.Itoa(i+1), split: lastOf(pair.Value)}
			row.id, _ = pair.Key.(int64)
			if !yield(row, nil) {
				return
			}
		}
	}
}

// lastOf is the text at the end of a sequence, "" where there is none.
func lastOf(value any) string {
	sequence, ok := value.(*pickle.Sequence)
	if !ok || len(sequence.Items) == 0 {
		return ""
	}
	text, _ := sequence.Items[len(sequence.Items)-1].(string)
	return text
}

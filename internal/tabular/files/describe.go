package files

import (
	"context"

	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/internal/tabular/csv"
	"github.com/nocturne-data/nocturne/internal/tabular/ipc"
	"github.com/nocturne-data/nocturne/internal/tabular/jsonl"
	"github.com/nocturne-data/nocturne/internal/tabular/parquet"
)

// Describe describes one file by the format of its name.
func Describe(ctx context.Context, f tabular.File) (tabular.Info, error) {
	format, compression, err := Format(f.Name)
	if err != nil {
		return tabular.Info{}, err
	}
	switch format {
	case CSV, TSV:
		return csv.Describe(ctx, f, compression)
	case JSONL:
		return jsonl.Describe(ctx, f, compression)
	case Arrow:
		return ipc.Describe(ctx, f, compression)
	default:
		return parquet.Describe(f)
	}
}

// DescribePath describes the table at path. Over several parts, rows add up (-1
// where a part does not know its own) and each group of each part is one of
// the table's; a part of unknown size makes the table one stream. The schema
// is the first part's.
func DescribePath(ctx context.Context, path string) (tabular.Info, error) {
	names, err := Parts(path)
	if err != nil {
		return tabular.Info{}, err
	}
	total, err := describeFile(ctx, names[0])
	if err != nil {
		return tabular.Info{}, err
	}
	total.Groups = groupsOf(total)
	for _, name := range names[1:] {
		if err := ctx.Err(); err != nil {
			return tabular.Info{}, err
		}
		info, err := describeFile(ctx, name)
		if err != nil {
			return tabular.Info{}, err
		}
		if total.Rows < 0 || info.Rows < 0 {
			total.Rows, total.Groups = -1, nil
			continue
		}
		total.Rows += info.Rows
		total.Groups = append(total.Groups, groupsOf(info)...)
	}
	if len(names) == 1 && (total.Format == CSV || total.Format == JSONL) {
		total.Groups = nil
	}
	return total, nil
}

// groupsOf treats a part of known size without groups as one group.
func groupsOf(info tabular.Info) []int64 {
	if info.Groups == nil && info.Rows >= 0 {
		return []int64{info.Rows}
	}
	return info.Groups
}

func describeFile(ctx context.Context, path string) (tabular.Info, error) {
	f, closer, err := opened(path)
	if err != nil {
		return tabular.Info{}, err
	}
	defer closer.Close()
	return Describe(ctx, f)
}

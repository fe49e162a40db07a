package auroc

// OneVsRest is the macro average over classes of each class against all others,
// by the class's own score. scores[k] holds class k's score of each example,
// labels its class. A class that no example has, or every one, is skipped.
func OneVsRest(scores [][]float64, labels []int32) (Mean, error) {
	var mean Mean
	for class := range scores {
		count, err := Of(scores[class], Having(labels, int32(class)))
		if err != nil {
			return Mean{}, err
		}
		mean.Add(count.AUROC())
	}
	return mean, nil
}

// OneVsOne is the M measure of Hand and Till (2001, Machine Learning 45, eq. 7):
// the mean over pairs of classes of (A(i|j) + A(j|i)) / 2, where A(i|j) ranks the
// examples of classes i and j alone, by the score of i. Used and Skipped count
// classes; a pair with an absent class is left out.
func OneVsOne(scores [][]float64, labels []int32) (Mean, error) {
	present := make([]bool, len(scores))
	for _, label := range labels {
		present[label] = true
	}
	var pairs Mean
	for i := range scores {
		for j := range i {
			first, err := Of(among(scores[i], labels, int32(i), int32(j)))
			if err != nil {
				return Mean{}, err
			}
			second, err := Of(among(scores[j], labels, int32(j), int32(i)))
			if err != nil {
				return Mean{}, err
			}
			a, defined := first.AUROC()
			b, _ := second.AUROC()
			pairs.Add((a+b)/2, defined)
		}
	}
	if pairs.Used == 0 {
		return Mean{Skipped: len(scores)}, nil
	}
	mean := Mean{Value: pairs.Value}
	for _, p := range present {
		if p {
			mean.Used++
		} else {
			mean.Skipped++
		}
	}
	return mean, nil
}

// among keeps the scores of the examples of class and of rival; those of class are
// positive.
func among(scores []float64, labels []int32, class, rival int32) (kept []float64, positive []bool) {
	for i, label := range labels {
		if label == class || label == rival {
			kept, positive = append(kept, scores[i]), append(positive, label == class)
		}
	}
	return kept, positive
}

package auroc

// OneVsRest is the macro average over classes of each class against all others,
// by the class's own score. scores[k] holds class k's score of each example,
// labels its class. A class that no example has, or every one, is skipped.
func OneVsRest(scores [][]float64, labels []int32) (Mean, error) {
	var mean Mean
	for class := range scores {
		count, err := Compare(split(scores[class], labels, int32(class), -1))
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
			first, err := Compare(split(scores[i], labels, int32(i), int32(j)))
			if err != nil {
				return Mean{}, err
			}
			second, err := Compare(split(scores[j], labels, int32(j), int32(i)))
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

// split parts the scores of the examples of class from those of rival, -1 being
// every other class.
func split(scores []float64, labels []int32, class, rival int32) (positives, negatives []float64) {
	for i, label := range labels {
		switch {
		case label == class:
			positives = append(positives, scores[i])
		case rival < 0 || label == rival:
			negatives = append(negatives, scores[i])
		}
	}
	return positives, negatives
}

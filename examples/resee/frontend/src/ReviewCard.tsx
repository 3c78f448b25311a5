import { useState } from 'react';
import { answerReview, ApiError, type Review } from './api';

const GRADES = [
  { grade: 1, label: 'Forgot' },
  { grade: 3, label: 'Hard' },
  { grade: 4, label: 'Good' },
  { grade: 5, label: 'Easy' },
];

interface Props {
  readonly review: Review;
  readonly onAnswered: () => void;
}

export function ReviewCard({ review, onAnswered }: Props) {
  const [shown, setShown] = useState(false);
  const [problem, setProblem] = useState('');

  const answer = (grade: number) => {
    answerReview(review.id, grade).then(onAnswered, (error: unknown) => {
      setProblem(error instanceof ApiError ? error.message : 'the answer was not saved');
    });
  };

  return (
    <article>
      <h2>{review.card.front}</h2>
      {shown ? (
        <>
          <p>{review.card.back}</p>
          {GRADES.map(({ grade, label }) => (
            <button
              key={grade}
              onClick={() => {
                answer(grade);
              }}
            >
              {label}
            </button>
          ))}
        </>
      ) : (
        <button
          onClick={() => {
            setShown(true);
          }}
        >
          Show the answer
        </button>
      )}
      {problem !== '' && <p role="alert">{problem}</p>}
    </article>
  );
}

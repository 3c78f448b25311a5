import { lazy, Suspense, useCallback, useEffect, useState } from 'react';
import { ApiError, backendRelease, dueReviews, type Review } from './api';
import { release } from './release';
import { ReviewCard } from './ReviewCard';

// A chunk of its own, fetched on first use: perhaps after a newer release has gone live.
const AddCard = lazy(async () => ({ default: (await import('./AddCard')).AddCard }));

function explain(error: unknown): string {
  return error instanceof ApiError ? error.message : 'the server cannot be reached';
}

export function App() {
  const [reviews, setReviews] = useState<Review[]>();
  const [backend, setBackend] = useState('…');
  const [problem, setProblem] = useState('');
  const [adding, setAdding] = useState(false);

  const reload = useCallback(() => {
    dueReviews().then(
      (due) => {
        setReviews(due);
        setProblem('');
      },
      (error: unknown) => {
        setProblem(explain(error));
      },
    );
  }, []);

  useEffect(() => {
    reload();
    backendRelease().then(setBackend, () => {
      setBackend('unknown');
    });
  }, [reload]);

  const [first] = reviews ?? [];
  return (
    <>
      <h1>Resee</h1>
      {problem !== '' && <p role="alert">{problem}</p>}
      {reviews !== undefined && first === undefined && <p>Nothing is due. Well done.</p>}
      {first !== undefined && (
        <>
          <p>{reviews?.length} due</p>
          <ReviewCard key={first.id} review={first} onAnswered={reload} />
        </>
      )}
      {adding ? (
        <Suspense fallback={<p>…</p>}>
          <AddCard onAdded={reload} />
        </Suspense>
      ) : (
        <button
          onClick={() => {
            setAdding(true);
          }}
        >
          Add a card
        </button>
      )}
      <footer>
        frontend {release}, backend {backend}
      </footer>
    </>
  );
}

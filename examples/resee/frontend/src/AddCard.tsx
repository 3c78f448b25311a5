import { useState, type SubmitEvent } from 'react';
import { addCard, ApiError } from './api';

interface Props {
  readonly onAdded: () => void;
}

export function AddCard({ onAdded }: Props) {
  const [front, setFront] = useState('');
  const [back, setBack] = useState('');
  const [problem, setProblem] = useState('');

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    addCard(front, back).then(
      () => {
        setFront('');
        setBack('');
        setProblem('');
        onAdded();
      },
      (error: unknown) => {
        setProblem(error instanceof ApiError ? error.message : 'the card was not saved');
      },
    );
  };

  return (
    <form onSubmit={submit}>
      <label>
        Question
        <input
          required
          value={front}
          onChange={(event) => {
            setFront(event.target.value);
          }}
        />
      </label>
      <label>
        Answer
        <textarea
          required
          value={back}
          onChange={(event) => {
            setBack(event.target.value);
          }}
        />
      </label>
      <button type="submit">Save</button>
      {problem !== '' && <p role="alert">{problem}</p>}
    </form>
  );
}

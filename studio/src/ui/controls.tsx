/** Buttons, fields and lists of facts, as every screen has them. */
import type { ComponentProps, ReactNode } from "react";
import { Icon, type IconName } from "./icons.tsx";

interface ButtonProps extends ComponentProps<"button"> {
  readonly icon?: IconName;
  /** Kinds of button: `primary`, `quiet`, `danger`, `big`, `square`, `grow`. */
  readonly kind?: string;
}

export function Button({ icon, kind, children, ...rest }: ButtonProps) {
  return (
    <button type="button" className={kind ? `button ${kind}` : "button"} {...rest}>
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

interface RangeProps extends Omit<ComponentProps<"input">, "onChange"> {
  readonly id: string;
  readonly label: string;
  /** The value, in words. */
  readonly shown: string | number;
  onChange(value: number): void;
}

/** A slider with its name and value; children stand below it. */
export function RangeField({ id, label, shown, onChange, children, ...input }: RangeProps) {
  return (
    <div className="field">
      <label htmlFor={id}>
        {label} <output className="value">{shown}</output>
      </label>
      <input id={id} type="range" {...input} onChange={(event) => onChange(event.target.valueAsNumber)} />
      {children}
    </div>
  );
}

/** Limits of a slider of guidance. */
export const GUIDANCE = { min: 0, max: 8, step: 0.5 };

interface SegmentsProps<T> {
  /** Name of the radio group. */
  readonly name: string;
  readonly choices: readonly { readonly value: T; readonly label?: string; readonly hint?: string }[];
  readonly chosen: T;
  onChoose(value: T): void;
}

/** A choice of a few, side by side. */
export function Segments<T>({ name, choices, chosen, onChoose }: SegmentsProps<T>) {
  return (
    <div className="segments" data-fill="">
      {choices.map(({ value, label = `${value}`, hint }) => (
        <label key={label} className="segment" title={hint}>
          <input type="radio" name={name} checked={chosen === value} onChange={() => onChoose(value)} />
          <span>{label}</span>
        </label>
      ))}
    </div>
  );
}

export function SegmentsField<T>({ legend, ...segments }: SegmentsProps<T> & { readonly legend: string }) {
  return (
    <fieldset className="field">
      <legend>{legend}</legend>
      <Segments {...segments} />
    </fieldset>
  );
}

/** A field to search with; its name says what is searched. */
export function SearchField(props: ComponentProps<"input">) {
  return (
    <div className="search">
      <Icon name="search" size={18} />
      <input type="search" {...props} />
    </div>
  );
}

/** Terms and what is said of them. */
export function Facts({
  facts,
  className = "facts",
}: {
  facts: readonly (readonly [string, ReactNode])[];
  className?: string;
}) {
  return (
    <dl className={className}>
      {facts.map(([term, value]) => (
        <div key={term}>
          <dt>{term}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
